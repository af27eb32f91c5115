import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { systemClock } from '../base/clock.js';
import { UserError } from '../base/errors.js';
import { Secrets } from '../base/secrets.js';
import { Teardown } from '../base/teardown.js';
import { listenForInterruption } from '../jest/take-rig.js';
import { lineRoles, type JournalEvent, type LineRole } from '../journal/events.js';
import { openJournal } from '../journal/journal.js';
import { loadRig } from '../rig/load.js';
import { profileOf, secretsOf } from '../rig/profile.js';
import type { RigDefinition } from '../rig/schema.js';
import { stateDir } from '../rig/state.js';
import { duration } from '../rig/values.js';
import { Conversation } from './console/conversation.js';
import { History, secretsIn } from './console/history.js';
import { talk } from './console/interactive.js';
import { keepLog, roleOf, takeForConsole } from './console/rig.js';
import { Screen, wantsColour } from './console/screen.js';
import { runScript } from './console/script.js';
import { Session } from './console/session.js';
import { moveText } from './power/told.js';

interface ConsoleArguments {
  readonly rig: string;
  readonly line: LineRole | undefined;
  readonly log: unknown;
  readonly on: boolean | undefined;
  readonly time: boolean | undefined;
  readonly timeout: string;
}

export const command: CommandModule<object, ConsoleArguments> = {
  command: 'console',
  describe: 'An AT terminal on a rig’s line, with power keys',
  builder: (yargs) =>
    yargs
      .usage(
        'dfota console --rig R\n\nAn AT terminal on a line of a rig that outlasts reboots of the module: the line is opened again whenever its ' +
          'device comes back. Answers stand plain, what nobody asked for has a * in front, remarks a -. :help tells the rest; docs/console.md more. ' +
          'Fed from a pipe it does line after line and prints answers on standard output, all else on standard error.',
      )
      .option('rig', { type: 'string', demandOption: true, describe: 'Rig definition (YAML)' })
      .option('line', { choices: lineRoles, describe: 'Which line; default at, where the rig has it' })
      .option('log', { describe: 'File for the raw bytes with times, passwords masked; --no-log for none' })
      .option('on', { type: 'boolean', describe: 'Switch the unit on first; default on a simulated rig, whose unit starts off' })
      .option('time', { type: 'boolean', describe: 'Time stamps (UTC); default at a terminal' })
      .option('timeout', { type: 'string', default: '3m', describe: 'How long a command may take; AT+COPS=? takes minutes' })
      .example('dfota console --rig rigs/my-rig.yaml', 'at the AT port')
      .example('dfota console --rig rigs/my-rig.yaml --line uart --log boot.log', 'at the UART, which sees the whole boot')
      .example("printf 'ATI\\nAT+CSQ\\n' | dfota console --rig rigs/my-rig.yaml", 'in a script')
      .example("printf 'AT+CFUN=1,1\\n:wait line gone\\n:ready 60s\\nATI\\n' | dfota console --rig rigs/my-rig.yaml", 'a reboot')
      .epilogue(
        'Exit codes: 0; in a script 1 when a command got an error or :wait waited in vain; 2 wrong use, or the rig is in use; 3 the line or the ' +
          'power failed, or no answer came; 130 interrupted.',
      ),
  handler: async (given) => {
    const { definition: rig } = loadRig(given.rig);
    const timeout = duration.safeParse(given.timeout);
    if (!timeout.success) throw new UserError('--timeout needs a duration such as 30s or 3m', { seen: given.timeout });
    process.exitCode = await openConsole(rig, given, timeout.data);
  },
};

async function openConsole(rig: RigDefinition, given: ConsoleArguments, timeout: number): Promise<number> {
  const clock = systemClock;
  const role = roleOf(rig, given.line);
  const secrets = new Secrets();
  for (const secret of secretsOf(rig)) secrets.add(secret);
  const pin = rig.sim === undefined ? undefined : process.env[rig.sim.pinEnv];
  if (pin !== undefined) secrets.add(pin);
  const teardown = new Teardown(clock);
  // A console may stay open for days: its journal is told, not kept.
  const journal = openJournal('/dev/null', { clock, secrets, rig: rig.name });
  teardown.defer('journal', () => {
    journal.close();
  });
  const abort = new AbortController();
  teardown.defer('interruption', listenForInterruption(journal, abort));
  // The user leaves, or the process is told to end: the line is let go, too.
  const end = new AbortController();
  abort.signal.addEventListener('abort', () => {
    end.abort();
  });

  const person = process.stdin.isTTY && process.stdout.isTTY;
  const remarks = person ? process.stdout : process.stderr;
  const colour = wantsColour(remarks, process.env);
  const screen = new Screen({ out: process.stdout, remarks, colour, times: given.time ?? person, clock });
  let exit = 0;
  try {
    const { line, power } = await takeForConsole({ rig, role, journal, clock, secrets, teardown });
    const log = given.log === false ? undefined : typeof given.log === 'string' ? given.log : logFile(rig.name, clock.wall());
    if (log !== undefined) keepLog(log, journal);
    const conversation = new Conversation(line, { clock, signal: end.signal, listener: told() });
    const session = new Session({ rig, conversation, power, screen, secrets, clock, signal: end.signal, timeout });
    const stopTelling = journal.subscribe((event) => {
      tell(event, screen);
    });
    if (person)
      screen.plain(
        `Rig ${rig.name}, line ${role}. :help for help, :quit or Ctrl-D to leave.\n${log === undefined ? '' : `Log: ${log}\n`}`,
      );
    const running = conversation.run();
    if (given.on ?? rig.power.simulated !== undefined) await session.switch('on');
    if (person) {
      const history = new History(join(stateDir(), 'console', 'history'), secretsIn);
      await talk({ session, screen, history, input: process.stdin, output: process.stdout, signal: abort.signal });
    } else {
      const { boot } = profileOf(rig).limits;
      if (!(await session.ready(boot)) && !abort.signal.aborted) screen.note(`the unit does not answer AT on line ${role}`);
      exit = await runScript({
        session,
        screen,
        input: process.stdin,
        signal: abort.signal,
        open: () => conversation.whenOpen(boot),
      });
    }
    end.abort();
    await line.close();
    await running;
    const problems = await teardown.run();
    stopTelling();
    for (const problem of problems) screen.note(problem);
    if (abort.signal.aborted) return 130;
    return problems.length > 0 ? 3 : exit;

    function told() {
      return {
        answer: (text: string, result: boolean): void => {
          screen.answer(text, result);
          session.heard(text);
        },
        urc: (...[text, report]: Parameters<Screen['urc']>): void => {
          screen.urc(text, report);
          session.heard(text);
        },
        note: (text: string): void => {
          screen.note(text);
          session.heard(text);
        },
      };
    }
  } finally {
    end.abort();
    await teardown.run();
  }
}

/** What the journal tells that a person at the console wants to know. */
function tell(event: JournalEvent, screen: Screen): void {
  if (event.type === 'power.do') {
    const { wire, action, ms } = event;
    screen.note(moveText({ wire, action, ...(ms === undefined ? {} : { ms }) }));
  } else if (event.type === 'power.status' && event.how === 'edge') screen.note(`STATUS ${event.on ? 'high' : 'low'}`);
  else if (event.type === 'module.device') screen.note(`another device: ${event.kind}, ${event.detail}`);
  else if (event.type === 'rig.fault') screen.note([event.what, event.seen].filter(Boolean).join('; '));
}

function logFile(rig: string, wall: string): string {
  return join(stateDir(), 'console', `${rig}-${wall.replace(/[:.]/g, '-')}.log`);
}
