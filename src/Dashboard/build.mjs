// Bundles the dashboard into a folder: node build.mjs FOLDER
// Every file but index.html bears a hash of its content in its name, so that browsers may keep it for good.
import { build } from "esbuild";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = process.argv[2] ?? join(here, "out");

await rm(out, { recursive: true, force: true });
await mkdir(join(out, "assets"), { recursive: true });

const shared = {
    absWorkingDir: here,
    bundle: true,
    minify: true,
    metafile: true,
    target: "es2022",
    legalComments: "eof",
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    outdir: join(out, "assets"),
    logLevel: "warning",
    jsx: "automatic",
    jsxImportSource: "preact",
};

const names = {};
for (const options of [
    { entryPoints: { main: "source/main.tsx" }, format: "esm", banner: { js: "/* Contains Preact, uPlot and jsonc-parser, all under the MIT licence: https://preactjs.com, https://github.com/leeoniya/uPlot, https://github.com/microsoft/node-jsonc-parser */" } },
    { entryPoints: { boot: "source/boot.ts" }, format: "iife" },
    { entryPoints: { icon: "source/icon.svg" }, loader: { ".svg": "copy" }, minify: false },
]) {
    const result = await build({ ...shared, ...options });
    if (result.warnings.length > 0) {
        throw new Error(`esbuild warned ${result.warnings.length} times; see above`);
    }

    for (const file of Object.keys(result.metafile.outputs)) {
        const name = basename(file);
        const [stem] = name.split("-");
        names[name.endsWith(".css") ? "style" : stem] = `/assets/${name}`;
    }
}

let page = await readFile(join(here, "index.html"), "utf8");
for (const name of ["icon", "style", "boot", "main"]) {
    if (!names[name]) {
        throw new Error(`esbuild made no file for '${name}': ${JSON.stringify(names)}`);
    }

    page = page.replace(`%${name}%`, names[name]);
}

// Last: its presence says that all is there.
await writeFile(join(out, "index.html"), page);
