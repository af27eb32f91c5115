/** What tests that kill runs look at: processes, and files that are not there yet. Linux. */
import { existsSync, readdirSync, readFileSync, watch } from 'node:fs';

/** Resolves as soon as the file is in the folder. */
export function appeared(folder: string, file: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, look);
    function look(): void {
      if (!existsSync(file)) return;
      watcher.close();
      resolve();
    }
    look();
  });
}

/** State of a process and its parent; undefined when there is none. */
function processOf(pid: number): { readonly state: string; readonly parent: number } | undefined {
  try {
    const [state = '', parent = ''] = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** A zombie that nobody has fetched yet holds nothing any more. */
export function isAlive(pid: number): boolean {
  const found = processOf(pid);
  return found !== undefined && found.state !== 'Z';
}

export function childrenOf(pid: number): number[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.filter((child) => processOf(child)?.parent === pid);
}
