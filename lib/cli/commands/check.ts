// `lookout check`: validates and lints the configuration; with `--live` also tries the connections.
import { compileTimeInterval } from "../../alerts/time-intervals/time-interval.ts";
import { wallClock } from "../../app/clock.ts";
import { checkLive, type LiveSource } from "../../app/queries/check-live.ts";
import { channelTypes } from "../../channels/registry.ts";
import { firstOf, formatFindings } from "../../config/document/finding.ts";
import { lintConfig } from "../../config/lint/lint.ts";
import type { Pattern } from "../../model/config.ts";
import { compilePattern } from "../../patterns/pattern.ts";
import { DONE, type Io, jsonDocument, oneLine, styled, WRONG } from "../io.ts";
import { type CommonOptions, openApp, readOwnConfig } from "../open.ts";

/** Exit 1: findings, or a connection that does not work. An invalid configuration throws ConfigError (exit 2). */
export async function checkCommand(io: Io, options: CommonOptions & { live?: boolean }): Promise<number> {
  const config = await readOwnConfig(io, options);
  const all = await lintConfig(config, {
    compilePattern: (pattern) => compilePattern(pattern as Pattern),
    compileTimeInterval,
    channelTypes,
    secrets: config.secrets,
    now: wallClock.now(),
  });
  const { findings, more } = firstOf(all);
  const live = options.live ? await tryLive(io, options) : [];
  const well = findings.length === 0 && live.every(({ errors }) => errors.length === 0);
  if (options.json) {
    jsonDocument(io, { findings, ...(more > 0 ? { more } : {}), ...(options.live ? { live } : {}) });
    return well ? DONE : WRONG;
  }
  if (findings.length > 0) io.out(`${formatFindings(findings, more)}\n`);
  for (const source of live) io.out(describe(io, source));
  const { sources, rules, channels } = config.config;
  const size = `${sources.length} sources, ${rules.length} rules, ${Object.keys(channels).length} channels`;
  if (well) io.out(`${styled(io, "green", "ok")}: ${options.config} is valid (${size})\n`);
  return well ? DONE : WRONG;
}

async function tryLive(io: Io, options: CommonOptions): Promise<LiveSource[]> {
  const { app, close } = await openApp(io, options);
  try {
    return await checkLive(app, AbortSignal.timeout(300_000));
  } finally {
    await close();
  }
}

function describe(io: Io, { source, kind, connection, project, targets, errors }: LiveSource): string {
  const found = `${targets.length} ${targets.length === 1 ? "target" : "targets"}`;
  const lines = [`${source} (${kind}) on ${connection}, project ${project ?? "unknown"}: ${found}`];
  for (const { id, name, status } of targets.slice(0, 50)) {
    lines.push(
      `  ${oneLine(id, 60)}${name === null ? "" : `  ${oneLine(name, 40)}`}${status === null ? "" : `  ${oneLine(status, 40)}`}`,
    );
  }
  if (targets.length > 50) lines.push(`  and ${targets.length - 50} more`);
  for (const error of errors) lines.push(styled(io, "red", `  ! ${oneLine(error, 400)}`));
  return `${lines.join("\n")}\n`;
}
