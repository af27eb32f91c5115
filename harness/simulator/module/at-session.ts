import { basicCommand, extendedCommand } from './commands.js';
import type { Answer } from './answer.js';
import type { SimModule } from './module.js';
import type { Line } from './line.js';

/** Longest command line; the rest of a longer one is thrown away and the line refused. */
const LONGEST = 1024;

/** AT on one port: collects lines, answers them, and steps aside while raw data runs. */
export class AtSession {
  echo = true;
  /** `AT+CMEE`: 0 plain ERROR, 1 numbers, 2 words. */
  cmee = 1;
  private text = '';
  private raw: ((data: Buffer) => Buffer | undefined) | undefined;
  private enabled = false;

  constructor(
    readonly module: SimModule,
    readonly line: Line,
  ) {
    line.onData = (data) => this.take(data);
  }

  /** From now on commands are answered; the settings are those of a fresh start. */
  start(): void {
    this.stop();
    this.enabled = true;
  }

  /** What arrives is lost. */
  stop(): void {
    this.enabled = false;
    this.echo = this.module.options.behaviours.ask('echo', true);
    this.cmee = 1;
    this.text = '';
    this.leaveData();
  }

  /** Raw bytes go to `take` until it answers with what is left over after its last byte. */
  enterData(take: (data: Buffer) => Buffer | undefined): void {
    this.raw = take;
    this.module.urcs.hold(this.line);
  }

  leaveData(): void {
    this.raw = undefined;
    this.module.urcs.release(this.line);
  }

  /** An information line of an answer. */
  say(text: string): void {
    for (const piece of this.module.options.behaviours.ask('answer', [`\r\n${text}\r\n`], this.line.name))
      this.line.write(Buffer.from(piece, 'latin1'));
  }

  write(data: Buffer): void {
    this.line.write(data);
  }

  finish(answer: Answer): void {
    if (answer === 'later') return;
    if (answer.lines.length > 0) this.say(answer.lines.join('\r\n'));
    if (answer.final === 'OK') this.say('OK');
    else if (answer.final === 'ERROR' || this.cmee === 0) this.say('ERROR');
    else this.say(`+CME ERROR: ${this.cmee === 2 ? words(answer.final) : answer.final}`);
  }

  private take(data: Buffer): void {
    let rest: Buffer | undefined = data;
    while (rest !== undefined && rest.length > 0 && this.enabled)
      rest = this.raw === undefined ? this.takeText(rest) : this.raw(rest);
  }

  /** Up to the end of one line; answers with what follows it. */
  private takeText(data: Buffer): Buffer | undefined {
    const end = data.indexOf(0x0d);
    const piece = end < 0 ? data : data.subarray(0, end + 1);
    const { behaviours } = this.module.options;
    if (this.echo) this.line.write(Buffer.from(behaviours.ask('echoes', piece.toString('latin1')), 'latin1'));
    this.text = (this.text + piece.toString('latin1')).slice(0, LONGEST + 2);
    if (end < 0) return undefined;
    const line = this.text.replace(/[\r\n]/g, '').replace(/^.*?(?=at)/i, '');
    this.text = '';
    if (/^at/i.test(line)) this.reply(line.slice(2));
    return data.subarray(end + 1);
  }

  private reply(command: string): void {
    const { options, epoch } = this.module;
    const answer = this.answer(command);
    if (answer === 'later') return;
    const lines = options.behaviours.ask('answerLines', answer.lines, command);
    const late = options.behaviours.ask('seconds', 0, 'answer-late');
    if (late === 0) this.finish({ ...answer, lines });
    else epoch.after(late, () => this.finish({ ...answer, lines }));
  }

  private answer(command: string): Answer {
    if (command.length > LONGEST) return { lines: [], final: 'ERROR' };
    return command.startsWith('+') ? extendedCommand(this, command.slice(1)) : basicCommand(this, command);
  }
}

function words(code: number): string {
  const texts: Readonly<Record<number, string>> = {
    10: 'SIM not inserted',
    11: 'SIM PIN required',
    12: 'SIM PUK required',
    16: 'Incorrect password',
    405: 'File not found',
    406: 'Invalid file name',
    407: 'File already existed',
    420: 'No space left',
    421: 'Timeout',
    423: 'File too large',
  };
  return texts[code] ?? `error ${code}`;
}
