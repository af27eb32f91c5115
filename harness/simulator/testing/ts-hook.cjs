'use strict';
// Lets Node.js run the TypeScript sources as they are: `node -r ./ts-hook.cjs main.ts`. For tests only.
const { transformSync } = require('@swc/core');
const { readFileSync, existsSync } = require('node:fs');
const Module = require('node:module');
const { dirname, resolve } = require('node:path');

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  if (request.startsWith('.') && request.endsWith('.js') && parent?.filename?.endsWith('.ts')) {
    const source = resolve(dirname(parent.filename), request.replace(/\.js$/, '.ts'));
    if (existsSync(source)) return source;
  }
  return resolveFilename.call(this, request, parent, ...rest);
};
Module._extensions['.ts'] = (module, filename) => {
  const options = { filename, jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } };
  module._compile(transformSync(readFileSync(filename, 'utf8'), options).code, filename);
};
