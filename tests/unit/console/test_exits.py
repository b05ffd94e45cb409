"""How the command line ends: scripts rely on the numbers."""

from fireside.console.exits import CannotStart, ExitCode


def test_the_numbers_stay_as_they_were_documented():
    numbers = {code.name: code.value for code in ExitCode}

    assert numbers == {
        "OK": 0,
        "UNEXPECTED": 1,
        "USAGE": 2,
        "PORT_BUSY": 3,
        "DATA": 4,
        "DATABASE": 5,
        "PAGE": 6,
        "CLOUD": 7,
        "UNAVAILABLE": 8,
        "INTERRUPTED": 130,
    }


def test_what_cannot_start_says_why_and_how_it_ends():
    stop = CannotStart("The port is taken", ExitCode.PORT_BUSY)

    assert (str(stop), stop.exit_code) == ("The port is taken", ExitCode.PORT_BUSY)
    assert CannotStart("?").exit_code is ExitCode.UNEXPECTED
