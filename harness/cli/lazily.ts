import type { Argv, CommandModule } from 'yargs';

/** A command of a command, of which only the name is read until it is asked for: what it needs takes longest to load. */
export function lazily<T>(
  command: string,
  describe: string,
  load: () => Promise<CommandModule<object, T>>,
): CommandModule<object, T> {
  return {
    command,
    describe,
    async builder(yargs) {
      const { builder } = await load();
      return typeof builder === 'function' ? builder(yargs) : (yargs as Argv<T>);
    },
    async handler(argv) {
      await (await load()).handler(argv);
    },
  };
}
