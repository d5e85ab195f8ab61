/** A consumer that does nothing, and does not listen to whoever started it. */
setInterval(() => {}, 1_000);
for (const end of ['SIGTERM', 'disconnect']) process.on(end, () => process.exit(0));
