#!/usr/bin/env node
'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const main = join(__dirname, '..', 'dist', 'harness', 'cli', 'main.js');
if (!existsSync(main)) {
  process.stderr.write('dfota is not built yet.\n  try:   npm ci (which builds it), or npm run build\n');
  process.exit(2);
}
require(main);
