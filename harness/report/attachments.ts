import { statSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';

/** A file that a CI server is to keep beside a test, as its plugin finds it. */
export interface AttachedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

const opening = '[[ATTACHMENT|';

/**
 * The server copies a file anew for each test that names it: together they name no more bytes than this. Every file is in the archived folder
 * all the same.
 */
const mostCopied = 64 * 1024 * 1024;

/**
 * Lines in a test's output by which Jenkins (JUnit Attachments plugin) and GitLab keep files beside it. Only tests that did not pass have some:
 * nobody reads the others'.
 */
export class Attachments {
  constructor(
    private readonly filesOf: (rig: string) => readonly AttachedFile[],
    private left = mostCopied,
  ) {}

  /** For the output of one more test of a rig; each on a line of its own. */
  linesFor(rig: string): readonly string[] {
    return this.filesOf(rig).flatMap(({ path, size }) => {
      // It would end the name, or the line, too early.
      if (/[|\r\n]|\]\]/.test(path)) return [];
      if (size > this.left) return [`not attached, for its size or that of those before it: ${path}`];
      this.left -= size;
      return [`${opening}${path}]]`];
    });
  }
}

/**
 * What is only told never names a file: a module, a client or a server could otherwise have any file of the agent copied to where the results
 * are read.
 */
export function withoutAttachments(text: string): string {
  return text.replaceAll(opening, '[[ATTACHMENT |');
}

/** The run's files that help with a test that did not pass, those that there are: the evidence page, the rig's line logs. */
export function attachedFiles(folder: string, lineLogs: readonly string[], root: string): readonly AttachedFile[] {
  return ['report.html', ...lineLogs.map((name) => join('lines', name))].flatMap((name) => {
    const file = join(folder, name);
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    return size === undefined ? [] : [{ path: pathFrom(root, file), size }];
  });
}

/** Where the server's own paths begin: its workspace, else the folder we were started in. */
export function workspace(env: Readonly<Record<string, string | undefined>>, folder: string): string {
  return env['WORKSPACE'] ?? env['CI_PROJECT_DIR'] ?? folder;
}

/** Relative within the workspace, so that a copy of it on another machine serves as well. */
function pathFrom(root: string, file: string): string {
  const inside = relative(root, file);
  return inside.startsWith('..') || isAbsolute(inside) ? file : inside;
}
