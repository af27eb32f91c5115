'use strict';
// In place of the built simulator (DFOTA_SIMULATOR): the same, and each URC that it writes goes to `written.jsonl` in its folder.
const { join } = require('node:path');
const folder = process.argv[process.argv.indexOf('--dir') + 1];
process.argv.push('--written', join(folder, 'written.jsonl'));
require('../../dist/harness/simulator/main.js');
