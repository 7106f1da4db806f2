// Node opens its debugger, to anyone who can reach the port, when it is sent SIGUSR1. Not here: whoever sends it is not
// heard. Plain JavaScript that old versions can read; every entry begins with it.
process.on("SIGUSR1", () => {});
