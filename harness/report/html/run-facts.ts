import type { EventOf, JournalEvent } from '../../journal/events.js';
import type { ReportData, RunFacts } from './data.js';

const mostNotes = 100;

/** The run itself: when, with what, and how it ended. */
export class RunCollector {
  #start: EventOf<'run.start'> | undefined;
  #end: EventOf<'run.end'> | undefined;
  #interrupted: string | undefined;
  #starts = 0;
  #first: string | undefined;
  #last: string | undefined;
  readonly #tests = new Map<string, string>();
  readonly notes: { readonly rig: string; readonly text: string }[] = [];

  take(event: JournalEvent): void {
    this.#first ??= event.at;
    this.#last = event.at;
    switch (event.type) {
      case 'run.start':
        this.#starts += 1;
        this.#start ??= event;
        this.#end = undefined;
        this.#interrupted = undefined;
        break;
      case 'part.resumed':
        this.#starts += 1;
        break;
      case 'run.end':
        this.#end = event;
        break;
      case 'note':
        if (this.notes.length < mostNotes) this.notes.push({ rig: event.rig ?? '', text: event.text });
        break;
      case 'run.interrupted':
        this.#interrupted ??= event.signal;
        break;
      case 'test.start':
        this.#tests.set(event.rig ?? '', event.test);
        break;
      case 'test.end':
        this.#tests.delete(event.rig ?? '');
        break;
      default:
        break;
    }
  }

  get began(): string | undefined {
    return this.#first;
  }

  get ended(): string | undefined {
    return this.#last;
  }

  get argv(): readonly string[] {
    return this.#start?.argv ?? [];
  }

  /** The test that runs on a rig. */
  testOf(rig: string): string | undefined {
    return this.#tests.get(rig);
  }

  /** Seconds from the journal's first event to this wall time; 0 when either is none. */
  secondsAt(at: string): number {
    const seconds = (Date.parse(at) - Date.parse(this.#first ?? at)) / 1000;
    return Number.isFinite(seconds) ? Math.round(seconds * 10) / 10 : 0;
  }

  facts(): RunFacts | undefined {
    const start = this.#start;
    if (start === undefined) return undefined;
    const { run, seed, harness, host, argv, at } = start;
    return {
      id: run,
      seed,
      command: commandOf(argv),
      harness: { version: harness.version, commit: harness.commit, node: harness.node },
      host: `${host.name} (${String(host.cpus)} CPUs)`,
      began: at,
      ended: this.#end?.at,
      resumed: this.#starts - 1,
      interrupted: this.#interrupted,
      exit: this.#end?.exit,
      reason: this.#end?.reason,
    };
  }
}

/** How the whole run, and by `base` one cut of it (`--cut ID` is added), is repeated. */
export function repeatCommands(run: RunFacts | undefined, argv: readonly string[]): ReportData['repeat'] {
  const rigs = valuesOf(argv, '--rig');
  const packages = valuesOf(argv, '--packages');
  const base = ['run', '--rig', ...(rigs.length > 0 ? rigs : ['RIG.yaml'])];
  const whole = [...base, '--packages', ...(packages.length > 0 ? packages : ['PACKAGES.yaml'])];
  if (run === undefined) return { run: undefined, base: commandOf(whole) };
  const kept = without(without(without(argv, '--out'), '--seed'), '--resume');
  const again = kept.includes('run') && rigs.length > 0 ? kept : whole;
  return { run: commandOf([...again, '--seed', String(run.seed)]), base: commandOf(whole) };
}

function valuesOf(argv: readonly string[], option: string): readonly string[] {
  return argv.flatMap((word, index) => {
    if (word.startsWith(`${option}=`)) return [word.slice(option.length + 1)];
    if (word !== option) return [];
    const rest = argv.slice(index + 1);
    const end = rest.findIndex((each) => each.startsWith('--'));
    return end < 0 ? rest : rest.slice(0, end);
  });
}

function without(argv: readonly string[], option: string): readonly string[] {
  return argv.filter((word, index) => word !== option && argv[index - 1] !== option && !word.startsWith(`${option}=`));
}

function commandOf(argv: readonly string[]): string {
  return ['dfota', ...argv].map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`)).join(' ');
}
