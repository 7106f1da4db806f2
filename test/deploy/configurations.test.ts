// The configurations that the places to run bring along are valid, and find nothing wrong.
import { join } from "node:path";
import { expect, it } from "vitest";
import { lookoutHere } from "../support/in-process.ts";

const ROOT = join(import.meta.dirname, "../..");
const VARIABLES = {
  HW_ACCESS_KEY: "a-key-of-its-own",
  HW_SECRET_KEY: "a-secret-of-its-own",
  CHAT_URL: "https://chat.example.com/hook",
  LOOKOUT_TOKEN: "a-token-of-its-own-for-the-page",
  DATABASE_URL: "postgres://lookout:a-password-of-its-own@db.example.com/lookout",
};

it.each(["compose", "kubernetes/volume", "kubernetes/postgres"])("deploy/%s/lookout.yml is valid", async (place) => {
  const args = ["check", "--config", `deploy/${place}/lookout.yml`];
  const { code, stdout, stderr } = await lookoutHere(args, { cwd: ROOT, env: VARIABLES });
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: "" });
});
