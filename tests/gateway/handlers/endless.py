"""Never gets imported to its end."""

while True:
    pass
