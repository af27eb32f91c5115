import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { inTurns, table, times } from './table.js';

const rounds = 9;
const root = join(__dirname, '..', '..');
const dfota = join(root, 'bin', 'dfota.js');
const log = join(root, 'bench', 'figures', 'upgrade.log');

/** From a shell's call to its next line. */
export async function startUp(): Promise<string> {
  const programs: readonly (readonly [string, readonly string[]])[] = [
    ['node -e 0', ['-e', '0']],
    ['dfota --help', [dfota, '--help']],
    ['dfota judge LOG', [dfota, 'judge', log]],
    ['dfota rigs list', [dfota, 'rigs', 'list']],
  ];
  const seconds = await inTurns(
    rounds,
    programs.map(([, words]) => () => {
      execFileSync(process.execPath, words, { cwd: root, stdio: 'ignore' });
    }),
  );
  const [floor = 0] = seconds;
  return table(
    'Start-up',
    programs.map(([name], index) => ({
      command: name,
      ms: ((seconds[index] ?? 0) * 1000).toFixed(0),
      'to node -e 0': times(seconds[index] ?? 0, floor),
    })),
  );
}
