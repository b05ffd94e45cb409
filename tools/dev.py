"""Run the chat and Vite side by side: Python restarts on a change, the page follows by itself."""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE_ADDRESS = "http://localhost:5173"
LOOK_EVERY_SECONDS = 0.5
STOP_SECONDS = 6  # the server itself promises to be gone after five

SERVE = (sys.executable, "-m", "fireside", "serve", "--allow-origin", PAGE_ADDRESS)
VITE = ("npm", "run", "dev", "--", "--port", "5173", "--strictPort")


def main() -> None:
    """Start both and keep the server fresh until Ctrl-C."""
    page = subprocess.Popen(VITE, cwd=ROOT / "web")
    server = subprocess.Popen(SERVE, cwd=ROOT)
    seen = _state()
    try:
        while page.poll() is None:
            time.sleep(LOOK_EVERY_SECONDS)
            now = _state()
            if now == seen:
                continue
            seen = now
            print("--- Python changed: the server starts again", flush=True)
            _stop(server)
            server = subprocess.Popen(SERVE, cwd=ROOT)
    except KeyboardInterrupt:
        print("--- stopping", flush=True)
    finally:
        _stop(server)
        _stop(page)


def _state() -> dict[Path, int]:
    """Return when each file was last changed; a file that vanishes meanwhile is left out."""
    state = {}
    for path in (ROOT / "api.json", *(ROOT / "src").rglob("*.py")):
        try:
            state[path] = path.stat().st_mtime_ns
        except FileNotFoundError:
            continue
    return state


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
