// What the built code makes ready only when it first uses it, though the sources import it at their top: for esbuild,
// as plugins of the package on npm (scripts/pack.ts) and of the functions (scripts/bundle.ts).
import { join, relative, resolve } from "node:path";
import type { OnLoadResult, Plugin } from "esbuild";

const ROOT = resolve(import.meta.dirname, "..");

/** Parts of Node that take long to make ready, and that most runs do not come to use. */
const PARTS = /^(node:)?(https?|http2|crypto|zlib|net|tls|child_process|worker_threads|perf_hooks|os|dns)$/;

/**
 * Packages that few runs come to use, for templates and for what rules extract: each is a file of its own, so that its
 * text is not even read before.
 */
const PACKAGES = ["liquidjs", "re2js"];
/** Where these files are, for package.json: a file finds them from wherever it stands. */
const APART = "#apart";

/** Modules of ours that make much while they are loaded, mostly schemas: these, and what the registries name. */
const LATE =
  /^lib\/(model\/(event|alert|notification)|channels\/message\/readable|sources\/(discovery|cloud\/iam))\.ts$/;
const REGISTRIES = /^lib\/(channels|sources)\/registry\.ts$/;
/**
 * What a late module reaches is built to run late as well, also what it imports at need: of the AWS SDK and of
 * nodemailer that would take longer than it saves.
 */
const NEVER_LATE = /^lib\/(model\/lookup|channels\/(aws|mail)\/\w+)\.ts$/;

/** The entries that make the files of PACKAGES. */
export const entriesApart = PACKAGES.map((name) => ({ in: name, out: `apart/${name}` }));

/** What package.json says of them; `folder`: where they are built, from there. */
export const importsApart = (folder: string) => ({ [`${APART}/*`]: `${folder}/apart/*.js` });

/** Where the file is that an import names, from the folder of the built code; undefined for any other import. */
export const fileApart = (path: string) => (path.startsWith(`${APART}/`) ? `${path.slice(1)}.js` : undefined);

export const atNeed: Plugin[] = [
  {
    name: "parts of Node at need",
    /**
     * To import a part of Node makes it ready whole, with what it loads at need: `node:http` alone brings all of fetch
     * and WebSocket.
     */
    setup({ onResolve, onLoad }) {
      const namespace = "node";
      onResolve({ filter: PARTS }, ({ path }) => ({ path: path.replace(/^node:/, ""), namespace }));
      onLoad({ filter: /.*/, namespace }, ({ path }) => {
        const names = Object.keys(process.getBuiltinModule(`node:${path}`) ?? {});
        return later(names, `process.getBuiltinModule("node:${path}")`);
      });
    },
  },
  {
    name: "packages at need",
    setup({ onResolve, onLoad }) {
      const namespace = "package";
      onResolve({ filter: new RegExp(`^(${PACKAGES.join("|")})$`) }, ({ path, kind }) => {
        return kind === "entry-point" ? undefined : { path, namespace };
      });
      onResolve({ filter: new RegExp(`^${APART}/`) }, ({ path }) => ({ path, external: true }));
      onLoad({ filter: /.*/, namespace }, async ({ path }) => {
        return later(Object.keys(await import(path)), `require("${APART}/${path}")`);
      });
    },
  },
  {
    name: "modules at need",
    setup({ onResolve, onLoad }) {
      const namespace = "module";
      onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir, importer, namespace: from }) => {
        const file = relative(ROOT, join(resolveDir, path));
        const isLate = LATE.test(file) || REGISTRIES.test(relative(ROOT, importer));
        return from === "file" && isLate && !NEVER_LATE.test(file) ? { path: file, namespace } : undefined;
      });
      onLoad({ filter: /.*/, namespace }, async ({ path }) => {
        const names = Object.keys(await import(join(ROOT, path)));
        return { ...later(names, `require("./${path}")`), resolveDir: ROOT };
      });
    },
  },
];

/**
 * Keeps what is loaded first in few files. Else esbuild makes one for each set of entries that have something in
 * common, and what is imported at need counts as an entry. It is made to import `first` besides: a module of ours that
 * has been loaded by then, whichever the importer is.
 */
export function inFewFiles(first: (importer: string) => string): Plugin {
  const namespace = "at need";
  return {
    name: "few files",
    setup({ onResolve, onLoad, resolve: resolved }) {
      onResolve({ filter: /.*/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind !== "dynamic-import" || pluginData === namespace) return undefined;
        const found = await resolved(path, { kind, importer, resolveDir, pluginData: namespace });
        if (found.external || found.namespace !== "file" || found.errors.length > 0 || !isModule(found.path))
          return found;
        return { path: found.path, namespace, pluginData: first(relative(ROOT, importer)) };
      });
      onLoad({ filter: /.*/, namespace }, ({ path, pluginData }) => {
        const contents = `import ${JSON.stringify(join(ROOT, pluginData))}; export * from ${JSON.stringify(path)};`;
        return { contents, resolveDir: ROOT };
      });
    },
  };
}

/** What exports by name alone. Other packages have nothing in common with what is loaded first. */
function isModule(path: string): boolean {
  return path.endsWith(".ts") || /\/node_modules\/@(aws-sdk|smithy)\//.test(path);
}

/** A module whose exports are those of what `load` gives, which runs when one of them is first used. */
function later(names: readonly string[], load: string): OnLoadResult {
  // A package of CommonJS has names that no import can ask for.
  const asked = names.filter((name) => /^\w+$/.test(name));
  const getters = asked.map((name) => `get ${name}() { return made().${name}; }`);
  return { contents: `const made = () => ${load}; module.exports = { ${getters.join(", ")} };`, loader: "js" };
}
