import Glibc

exit(runStatusd(Array(CommandLine.arguments.dropFirst())).rawValue)
