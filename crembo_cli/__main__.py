"""The command line's entry: `crembo` and `python -m crembo_cli`."""

import signal

from crembo_cli.start import end_process, import_without_searching


def main() -> None:
    """Run the command line; a Ctrl-C while it still loads ends the process without a traceback."""
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    import_without_searching()
    from crembo_cli.commands import app

    end_process(app.main())


if __name__ == "__main__":
    main()
