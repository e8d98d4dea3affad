"""What the command line needs beside the commands: options, the terminal, signals."""
