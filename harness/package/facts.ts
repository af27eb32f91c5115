import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { hasCode, messageOf, UserError } from '../base/errors.js';
import type { PackageFacts } from '../journal/events.js';

/** What the journal says of a file that will be sent, sound or not. */
export async function packageFacts(
  file: string,
  from: string,
  to: string,
  contents: PackageFacts['contents'],
): Promise<PackageFacts> {
  return { file, ...(await fileDigest(file)), from, to, contents };
}

/** Size and SHA-256 of a file, whatever it holds. Throws UserError when it cannot be read. */
export async function fileDigest(file: string): Promise<{ size: number; sha256: string }> {
  const { handle, size } = await openFile(file);
  try {
    return { size, sha256: await digest(handle) };
  } finally {
    await handle.close();
  }
}

/** SHA-256 of an open file, read from its start. */
export async function digest(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream({ autoClose: false, start: 0 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Opens a regular file for reading. Throws UserError when that is not possible. */
export async function openFile(file: string): Promise<{ handle: FileHandle; size: number }> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    const seen = hasCode(error, 'ENOENT') ? 'no such file' : messageOf(error);
    throw new UserError('the package cannot be read', { seen, place: { file }, hint: 'check the path', cause: error });
  }
  const stats = await handle.stat();
  if (stats.isFile()) return { handle, size: stats.size };
  await handle.close();
  throw new UserError('the package cannot be read', {
    seen: stats.isDirectory() ? 'a folder' : 'no regular file',
    place: { file },
  });
}
