// Says so, in words, where Node is too old; every entry begins with it. Plain JavaScript that old versions can read.
const [major] = process.versions.node.split(".");
if (Number(major) < 24) {
  console.error(
    `lookout needs Node 24 or newer; this is ${process.version}. ` +
      'On Linux, "npm start", "npm test" and "npx lookout" in a checkout bring it along; elsewhere install it from nodejs.org.',
  );
  process.exit(2);
}
