'use strict';
// Preloaded by the stages (NODE_OPTIONS): keeps the compiled code of modules for the next process. Compiling is what an emulated processor
// is slowest at; a `dfota` command loads hundreds of modules. What `warm` compiled ahead, with the same Node.js on the host, is in
// /project/.compiled; there DFOTA_COMPILED says where to keep it.
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join, relative, resolve } = require('node:path');
const vm = require('node:vm');

const root = resolve(__dirname, '../../..');
const folder = process.env.DFOTA_COMPILED ?? '/tmp/compiled';
const ahead = join('/project', '.compiled');
mkdirSync(folder, { recursive: true });
const fresh = [];

const { Script } = vm;
/** A script from what is kept of it; else it is kept when this process ends. */
function compiled(source, options) {
  const name = createHash('md5').update(relative(root, options.filename)).update(source).digest('hex');
  const kept = join(folder, name);
  const cachedData = contents(kept) ?? contents(join(ahead, name));
  const script = new Script(source, { ...options, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) fresh.push({ kept, script });
  return script;
}

/** Jest runs what the suites load in a context of its own, by scripts that it makes itself. */
vm.Script = class {
  constructor(source, options) {
    const file = options?.filename;
    return typeof file === 'string' && file.startsWith('/') && options.cachedData === undefined
      ? compiled(source, options)
      : new Script(source, options);
  }
};

const original = Module.prototype._compile;
Module.prototype._compile = function compile(content, filename, format) {
  // A script of ours cannot load further modules by import(); there are few.
  if (format === 'module' || /\bimport\s*\(/.test(content)) return original.call(this, content, filename, format);
  const source = Module.wrap(content.replace(/^#!.*/, ''));
  let script;
  try {
    script = compiled(source, { filename });
  } catch {
    // An ES module that is required.
    return original.call(this, content, filename, format);
  }
  const load = (id) => this.require(id);
  load.resolve = (request, options) => Module._resolveFilename(request, this, false, options);
  load.main = process.mainModule;
  load.cache = Module._cache;
  load.extensions = Module._extensions;
  return script.runInThisContext().call(this.exports, this.exports, load, this, filename, dirname(filename));
};

function contents(path) {
  try {
    return readFileSync(path);
  } catch {
    // Nobody has loaded it yet.
    return undefined;
  }
}

process.on('exit', () => {
  for (const { kept, script } of fresh) {
    try {
      // What has been called meanwhile is compiled by now, and kept with it.
      const mine = `${kept}.${process.pid}`;
      writeFileSync(mine, script.createCachedData());
      renameSync(mine, kept);
    } catch {
      // No room: the next process compiles it again.
    }
  }
});
