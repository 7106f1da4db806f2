// What a form says, and what is remembered of it.
import type { Context } from "hono";
import { setCookie } from "hono/cookie";
import { NAME } from "./pages/routes.ts";

export async function fieldsOf(context: Context): Promise<Record<string, string | undefined>> {
  const body = await context.req.parseBody();
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );
}

export function remember(context: Context, by: string): void {
  setCookie(context, NAME, by.trim().slice(0, 100).toWellFormed(), {
    sameSite: "Strict",
    httpOnly: true,
    path: "/",
    maxAge: 31_536_000,
  });
}
