// Builds the browser assets into dist/: `node build.mjs`, after `npm ci`.
//
// Each file gets a hash of its content into its name and a gzip twin beside it; dist/manifest.json maps the name that
// templates use to the name of the file. Nothing here runs while Caseway serves, and nothing of dist/ is committed.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { PurgeCSS } from "purgecss";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const packages = join(here, "node_modules");
const read = (...path) => readFileSync(join(...path), "utf8");

/** The templates whose class names decide which rules of GOV.UK Frontend are kept, and the scripts that add classes. */
const markup = ["../templates", "../../forms/templates", "scripts"].map((folder) => join(here, folder));

/** Alphabets of Inter; a browser fetches only those that occur on the page. */
const alphabets = ["latin", "latin-ext", "cyrillic", "cyrillic-ext", "greek", "greek-ext", "vietnamese"];

/** Formats that are compressed already. */
const compressed = new Set([".woff2"]);

const manifest = {};

/** Writes one asset under a name with a hash, and its gzip twin; answers the new name. */
function emit(name, content) {
  const bytes = Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const kind = extname(name);
  const file = `${name.slice(0, -kind.length)}-${hash}${kind}`;
  writeFileSync(join(dist, file), bytes);
  if (!compressed.has(kind)) {
    writeFileSync(join(dist, `${file}.gz`), gzipSync(bytes, { level: 9 }));
  }
  manifest[name] = file;
  return file;
}

/** Comments and needless space away; strings are left alone. */
function minified(css) {
  const strings = [];
  const kept = css.replace(/\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, (part) => {
    if (part.startsWith("/*")) return part.startsWith("/*!") ? `\n${part}\n` : "";
    return `"\u0000${strings.push(part) - 1}"`;
  });
  return kept
    .replace(/[ \t\r\n]+/g, " ")
    .replace(/ ?([{};,>]) ?/g, "$1")
    .replace(/: /g, ":")
    .replace(/;}/g, "}")
    .replace(/"\u0000(\d+)"/g, (_, index) => strings[Number(index)])
    .trim();
}

/** All files below a folder. */
function files(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/**
 * GOV.UK Frontend without what may be used on gov.uk only (its typeface, crest and logotype), and without the rules that no
 * template uses. Class names that templates put together (`govuk-input--width-{{n}}`) are kept by their beginning.
 */
async function govuk() {
  const css = read(packages, "govuk-frontend/dist/govuk/govuk-frontend.min.css")
    .replace(/\/\*![\s\S]*?\*\//g, "")
    .replace(/@charset "UTF-8";/g, "")
    .replace(/@font-face\{[^}]*\}/g, "")
    .replace(/font-family:GDS Transport,arial,sans-serif/g, "font-family:var(--font)")
    .replace(/[^{}]*\{[^{}]*url\(\/assets[^{}]*\}/g, "");
  const [purged] = await new PurgeCSS().purge({
    content: markup.flatMap(files).map((file) => ({ raw: readFileSync(file, "utf8"), extension: "html" })),
    css: [{ raw: css }],
    safelist: { greedy: [/^govuk-input--width-/, /^govuk-error-/, /^govuk-.*--error$/] },
    defaultExtractor: (text) => text.match(/[A-Za-z0-9_-]+/g) ?? [],
  });
  const forbidden = purged.css.match(/GDS|crest|url\(\/assets|govuk-logo/);
  if (forbidden) {
    throw new Error(`"${forbidden[0]}" is still in the style sheet; it may be used on gov.uk only`);
  }
  return purged.css;
}

/** The font's style rules, and its files. */
function inter() {
  const ranges = JSON.parse(read(packages, "@fontsource-variable/inter/unicode.json"));
  const rule = (alphabet) => {
    const source = readFileSync(join(packages, `@fontsource-variable/inter/files/inter-${alphabet}-wght-normal.woff2`));
    const file = emit(`inter-${alphabet}.woff2`, source);
    return `@font-face{font-family:"Inter Variable";font-style:normal;font-weight:100 900;font-display:swap;` +
      `src:url(${file}) format("woff2");unicode-range:${ranges[alphabet]}}`;
  };
  return alphabets.map(rule).join("");
}

/** Our own style sheets, in the order of their numbers. */
function theme(folder) {
  return readdirSync(join(here, folder)).sort().map((file) => read(here, folder, file)).join("\n");
}

/** Styles of the diagram viewer; its icon font is left out, since only the modeler prints icons. */
function diagram() {
  const viewer = ["diagram-js.css", "bpmn-js.css"].map((file) => read(packages, "bpmn-js/dist/assets", file));
  return minified([...viewer, theme("theme-diagram")].join("\n"));
}

/** What the licences of the packages ask to be passed on. */
function licences() {
  const ours = readdirSync(join(here, "licences")).sort().map((file) => read(here, "licences", file));
  const theirs = [["Inter", "@fontsource-variable/inter/LICENSE"], ["bpmn-js", "bpmn-js/LICENSE"]]
    .map(([name, path]) => `${name}\n\n${read(packages, path)}`);
  return [...ours, ...theirs].join(`\n${"=".repeat(80)}\n\n`);
}

async function build() {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  // The numbers of the theme's files put the tokens before everything that uses them.
  emit("app.css", inter() + (await govuk()) + minified(theme("theme")));
  emit("diagram.css", diagram());
  emit("bpmn-viewer.js", read(packages, "bpmn-js/dist/bpmn-navigated-viewer.production.min.js"));
  for (const file of readdirSync(join(here, "scripts")).sort()) {
    emit(file, read(here, "scripts", file));
  }
  emit("favicon.svg", read(here, "favicon.svg"));
  emit("licences.txt", licences());
  writeFileSync(join(dist, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

await build();
