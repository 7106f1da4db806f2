// `lookout init`: asks what a first configuration needs, and writes it. Each answer can be an option instead.
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { DONE, type Io, jsonDocument, UsageError } from "../io.ts";
import { CHANNELS, type InitAnswers, initText } from "./init-text.ts";

export interface InitOptions extends Partial<Record<keyof InitAnswers, string>> {
  config: string;
  force?: boolean;
  json?: boolean;
}

interface Question {
  name: keyof InitAnswers;
  asks: string;
  /** What is meant where nothing is typed. */
  fallback(so: Partial<InitAnswers>): string | undefined;
  /** What is wrong with an answer; undefined where nothing is. */
  problem(answer: string): string | undefined;
}

const DEFAULT_REGIONS: Record<string, string> = { otc: "eu-de", huaweicloud: "ap-southeast-3" };

const QUESTIONS: readonly Question[] = [
  {
    name: "cloud",
    asks: "Which cloud: otc (Open Telekom Cloud) or huaweicloud?",
    fallback: () => "otc",
    problem: (answer) => (Object.hasOwn(DEFAULT_REGIONS, answer) ? undefined : "expected otc or huaweicloud"),
  },
  {
    name: "region",
    asks: "Which region?",
    fallback: ({ cloud = "" }) => DEFAULT_REGIONS[cloud],
    problem: (answer) =>
      /^[a-z]{2,12}(-[a-z0-9]{1,20}){1,4}$/.test(answer) ? undefined : "expected one such as eu-de",
  },
  {
    name: "project",
    asks: 'Which project: its id or name (the console shows both under "My Credentials")?',
    fallback: () => undefined,
    problem: (answer) => (/^[\w.-]{1,64}$/.test(answer) ? undefined : "expected 32 digits and letters, or a name"),
  },
  {
    name: "channel",
    asks: `Where to notify you: ${Object.keys(CHANNELS).join(", ")}?`,
    fallback: () => "slack",
    problem: (answer) => (Object.hasOwn(CHANNELS, answer) ? undefined : `expected ${Object.keys(CHANNELS).join(", ")}`),
  },
  {
    name: "address",
    asks: "Which variable holds the channel's address or key? It is read from there, and stands in no file.",
    fallback: ({ channel = "" }) => CHANNELS[channel]?.variable,
    problem: (answer) =>
      /^[A-Za-z_]\w{0,63}$/.test(answer)
        ? undefined
        : "expected the name of a variable, such as CHAT_URL: an address or key is a secret, and is not written down",
  },
];

/** Writes the configuration and says what to do next. Where nobody can be asked, a missing answer is an error. */
export async function initCommand(io: Io, options: InitOptions): Promise<number> {
  const answers = await answersFrom(io, options);
  writeNew(options.config, initText(answers), options.force === true);
  const variables = ["HW_ACCESS_KEY", "HW_SECRET_KEY", ...(CHANNELS[answers.channel]?.option ? [answers.address] : [])];
  if (options.json) jsonDocument(io, { file: options.config, variables });
  else io.out(nextSteps(options.config, variables));
  return DONE;
}

/** Refuses to overwrite a file unasked. */
export function writeNew(file: string, text: string, force: boolean): void {
  try {
    writeFileSync(file, text, { flag: force ? "w" : "wx" });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new UsageError(`${file} is there already; --force overwrites it`);
    throw new UsageError(`${file} cannot be written: ${message}`);
  }
}

async function answersFrom(io: Io, options: InitOptions): Promise<InitAnswers> {
  const answers: Partial<InitAnswers> = {};
  const lines = process.stdin.isTTY ? createInterface({ input: process.stdin }) : undefined;
  const missing = QUESTIONS.filter(({ name }) => name !== "address" && options[name] === undefined);
  if (lines === undefined && missing.length > 0) {
    throw new UsageError(`nobody can be asked here: give ${missing.map(({ name }) => `--${name}`).join(", ")}`);
  }
  try {
    for (const question of QUESTIONS) {
      const { name, fallback, problem } = question;
      const given = options[name];
      const wrong = given === undefined ? undefined : problem(given);
      if (wrong !== undefined) throw new UsageError(`--${name} ${given}: ${wrong}`);
      // Nothing is secret about a console.
      const idle = name === "address" && CHANNELS[answers.channel ?? ""]?.option === undefined;
      answers[name] = given ?? (idle ? "" : lines ? await ask(io, lines, question, answers) : fallback(answers)!);
    }
  } finally {
    lines?.close();
  }
  return answers as InitAnswers;
}

type Lines = ReturnType<typeof createInterface>;

async function ask(
  io: Io,
  lines: Lines,
  { asks, fallback, problem }: Question,
  so: Partial<InitAnswers>,
): Promise<string> {
  const usual = fallback(so);
  for (;;) {
    io.out(`${asks}${usual === undefined ? "" : ` [${usual}]`} `);
    const typed = (await nextLine(lines)).trim();
    const answer = typed === "" ? usual : typed;
    const wrong = answer === undefined ? "an answer is needed" : problem(answer);
    if (wrong === undefined) return answer!;
    io.out(`${wrong}\n`);
  }
}

/** Throws where no more is typed (Ctrl-D). */
function nextLine(lines: Lines): Promise<string> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new UsageError("nothing was written, since not every question was answered"));
    lines.once("close", onClose);
    lines.once("line", (line) => {
      lines.off("close", onClose);
      resolve(line);
    });
  });
}

function nextSteps(file: string, variables: readonly string[]): string {
  const named = file === "lookout.yml" ? "" : ` --config ${file}`;
  const exports = variables.map((name) => `  export ${name}=…\n`).join("");
  return `Wrote ${file}. Next, set what it reads from the environment:
${exports}Then see whether it works, and start:
  npx lookout check --live${named}
  npx lookout send-test chat${named}
  npx lookout run${named}
`;
}
