import { countsText, type RigProgress } from '../../report/progress.js';

/** Shows progress until `finish`. */
export interface Display {
  change(rig: RigProgress, line: string | undefined): void;
  finish(): Promise<void>;
}

/** A tree with percentages in a terminal, plain lines elsewhere (CI, a file). */
export async function openDisplay(rigs: readonly string[], tree: boolean): Promise<Display> {
  return tree ? openTree(rigs) : openLines();
}

function openLines(): Display {
  return {
    change(rig, line) {
      if (line !== undefined) process.stdout.write(`${rig.rig}: ${line}\n`);
    },
    finish: () => Promise.resolve(),
  };
}

async function openTree(rigs: readonly string[]): Promise<Display> {
  const { Listr } = await import('listr2');
  const tasks = new Map<string, { title: string; output: string }>();
  const resolvers: (() => void)[] = [];
  const done = new Promise<void>((resolve) => {
    resolvers.push(resolve);
  });
  const listr = new Listr(
    rigs.map((rig) => ({
      title: `${rig}: opening the rig`,
      task: async (_, task) => {
        tasks.set(rig, task);
        await done;
      },
      rendererOptions: { outputBar: 12, persistentOutput: true },
    })),
    { concurrent: true, exitOnError: false, registerSignalListeners: false, rendererOptions: { collapseErrors: false } },
  );
  const running = listr.run().catch(() => undefined);
  return {
    change(rig, line) {
      const task = tasks.get(rig.rig);
      if (task === undefined) return;
      task.title = `${rig.rig}: ${countsText(rig.counts)}${rig.test === undefined ? '' : ` | ${rig.test}`} | ${rig.phase}`;
      if (line !== undefined) task.output = line;
    },
    async finish() {
      for (const resolve of resolvers) resolve();
      await running;
    },
  };
}
