"""`python -m crembo_cli`: the command line where the script is not on the path."""

from crembo_cli.commands.app import main

if __name__ == "__main__":
    main()
