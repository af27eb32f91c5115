import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, watch, type FSWatcher } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const hook = join(__dirname, '..', '..', 'simulator', 'testing', 'ts-hook.cjs');
let folder: string;
let watcher: FSWatcher | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rig-process-'));
});
afterEach(() => {
  watcher?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Resolves when the file in `folder` holds something; a rig process whose output goes nowhere never fills it. */
function filled(name: string): Promise<string> {
  return new Promise((resolve) => {
    watcher = watch(folder, look);
    function look(): void {
      let text = '';
      try {
        text = readFileSync(join(folder, name), 'utf8');
      } catch {
        return;
      }
      if (text === '') return;
      resolve(text);
    }
    look();
  });
}

test('a rig process goes on writing when `dfota run` is killed: it still has to leave its power safe', async () => {
  // The rig does not exist, so Jest has nothing to do but to say so.
  const job = {
    name: 'none',
    assignment: { rig: join(folder, 'none.yaml'), packages: join(folder, 'none.yaml'), seed: 1, run: 'r', out: folder },
    suites: ['identity'],
    folder,
  };
  const program = `require(${JSON.stringify(join(__dirname, 'rig-process.ts'))}).startRig(${JSON.stringify(job)}); console.log('started');`;
  const supervisor = spawn(process.execPath, ['-r', hook, '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(supervisor.stdout, 'data');
  supervisor.kill('SIGKILL');
  expect(await filled('jest.log')).not.toBe('');
});
