// Preloaded into Bun: Node is told by --stack-trace-limit that traces may have more than 10 frames.
Error.stackTraceLimit = 50;
