/**
 * Figures of the harness's own parts, each against a floor or a peer that was measured in the same run. `npm run bench [-- part …]`; without a
 * name, all of them. docs/performance.md keeps results.
 */
import { judging } from './judging.js';
import { overhead } from './overhead.js';
import { parsing } from './parsing.js';
import { startUp } from './start-up.js';
import { sweeping } from './sweeping.js';
import { uploading } from './uploading.js';
import { watching } from './watching.js';
import { machine } from './table.js';

const parts: Readonly<Record<string, () => Promise<string> | string>> = {
  parsing,
  judging,
  'start-up': startUp,
  sweeping,
  uploading,
  watching,
  overhead,
};

async function main(): Promise<number> {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => parts[name] === undefined);
  if (unknown.length > 0) {
    console.error(`no such figure: ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
    return 2;
  }
  console.log(machine());
  for (const name of asked.length > 0 ? asked : Object.keys(parts)) console.log(await parts[name]?.());
  return 0;
}

void main().then((code) => {
  process.exitCode = code;
});
