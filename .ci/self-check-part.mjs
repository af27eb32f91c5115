#!/usr/bin/env node
// The part of the self-check whose turn it is: each commit (or, outside of a repository, each day) runs another one, all of them in turn. Which
// one it was is printed with the command that repeats it. `node .ci/self-check-part.mjs [n]`: the n-th, whatever the turn.
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Fourteen parts of some fourteen rows and a sound run each: under three minutes on two cores; 75 when it takes longer. `dfota self-check` runs them all. */
const parts = 14;
/** ms after which it is told to stop: a host so busy that this runs out proves nothing. */
const limit = 170_000;
const root = fileURLToPath(new URL('..', import.meta.url));

function turn() {
  const git = (...words) =>
    execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    // As many commits as there are: the next commit has the next turn, and a repeated run of one commit the same.
    if (git('rev-parse', '--is-shallow-repository') === 'false') return Number(git('rev-list', '--count', 'HEAD'));
  } catch {
    // No repository, or no git.
  }
  return Math.floor(Date.now() / 86_400_000);
}

const named = process.argv[2];
const part = named === undefined ? (turn() % parts) + 1 : Number(named);
if (!Number.isInteger(part) || part < 1 || part > parts) {
  console.error(`a part from 1 to ${parts}, not ${named}`);
  process.exit(2);
}
const words = ['bin/dfota.js', 'self-check', '--part', `${part}/${parts}`, '--sound', String(parts), '--jobs', '2'];
console.log(`part ${part} of ${parts}; again: node ${words.join(' ')}`);
const { status, signal, error } = spawnSync(process.execPath, words, {
  cwd: root,
  stdio: 'inherit',
  timeout: limit,
  killSignal: 'SIGTERM',
});
if (error?.code === 'ETIMEDOUT') {
  console.error(`stopped after ${limit / 1000} s: the part did not fit, or the host is busy; that proves nothing`);
  process.exit(75);
}
process.exit(status ?? (signal === null ? 1 : 130));
