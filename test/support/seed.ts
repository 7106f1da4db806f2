// The seed of everything that tests draw at random: a constant, so that a change fails by what it changes alone.
// LOOKOUT_SEED in the environment gives another one, as `npm run soak` does.

export const SEED = Number(process.env["LOOKOUT_SEED"] ?? 20_261_120);
