import { FtpRefusal } from './ftp-inside.js';

/** Without line end and the Telnet signals that come before ABOR; `\0` when control characters remain. */
export function cleaned(line: Buffer): string {
  const text = line.toString('utf8').replace(/\r$/, '');
  const plain = Buffer.from(line)
    .toString('latin1')
    .replace(/^(?:\xff[\xf0-\xff])+/, '');
  const kept = plain.length === line.length ? text : plain.replace(/\r$/, '');
  return /[\u0000-\u001f\u007f]/.test(kept) ? '\0' : kept;
}

/** Address of a PORT or EPRT command. Throws FtpRefusal. */
export function activeAddress(verb: string, argument: string): { host: string; port: number } {
  if (verb === 'PORT') {
    const numbers = argument.split(',').map((part) => (/^\d{1,3}$/.test(part.trim()) ? Number(part) : 256));
    if (numbers.length !== 6 || numbers.some((value) => value > 255)) throw new FtpRefusal(501, 'PORT h1,h2,h3,h4,p1,p2');
    return { host: numbers.slice(0, 4).join('.'), port: (numbers[4] ?? 0) * 256 + (numbers[5] ?? 0) };
  }
  const [, host, port] = /^\|1\|([\d.]{7,15})\|(\d{1,5})\|$/.exec(argument) ?? [];
  if (host === undefined || port === undefined) throw new FtpRefusal(522, 'Network protocol not supported, use (1)');
  return { host, port: Number(port) };
}
