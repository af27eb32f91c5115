import { newRevision, type ScriptedModule } from './scripted-module.js';

/** Acts one after the other, each so many ms after the one before: the pace of a module in a test. */
export function play(acts: readonly (readonly [ms: number, act: () => void])[]): void {
  const [first, ...rest] = acts;
  if (first === undefined) return;
  setTimeout(() => {
    first[1]();
    play(rest);
  }, first[0]);
}

/** What a module does from its reboot into recovery to normal mode, reports on every line that is there. */
export function recovery(module: ScriptedModule, revision = newRevision): (readonly [number, () => void])[] {
  return [
    [40, () => module.leave()],
    [40, () => module.enter()],
    [40, () => module.report('"START"')],
    ...[1, 50, 100].map((percent) => [15, () => module.report(`"UPDATING",${String(percent)}`)] as const),
    [15, () => module.report('"END",0')],
    [15, () => module.leave()],
    [40, () => module.boot(revision)],
  ];
}
