/**
 * `manifest.sig`: an Ed25519 signature over the bytes of `manifest.json`, and so over the whole folder. It carries the public key, which says
 * that the folder is as its signer left it; that the signer is who one thinks is for the reader to know, by a key got another way.
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode, messageOf, UserError } from '../base/errors.js';
import { signatureName } from './manifest.js';

const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/);
const signatureShape = z.strictObject({
  format: z.literal(1),
  algorithm: z.literal('Ed25519'),
  /** Who signs, in the signer's own words. */
  signer: z.string().max(200),
  /** SPKI, DER. */
  publicKey: base64,
  signature: base64,
});

export interface Signer {
  readonly key: KeyObject;
  readonly name: string;
}

/** What a signature says of a manifest. */
export interface SignatureFacts {
  readonly state: 'valid' | 'invalid';
  readonly why: string;
  readonly signer: string;
  /** `SHA256:…` of the public key, as ssh prints one. */
  readonly fingerprint: string;
  readonly publicKey: KeyObject | undefined;
}

const keyHint =
  'openssl genpkey -algorithm ed25519 -out lab.key makes one, openssl pkey -in lab.key -pubout -out lab.pub its public half';

/** Reads a private key (PEM, PKCS#8). An encrypted one takes its passphrase from DFOTA_SIGN_PASSPHRASE. */
export function readSigner(file: string, name: string): Signer {
  const passphrase = process.env['DFOTA_SIGN_PASSPHRASE'];
  const key = readKey(file, 'private', (pem) =>
    createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) }),
  );
  return { key, name };
}

/** The signer that DFOTA_SIGN_KEY names, with DFOTA_SIGNER as name; undefined without. Throws a UserError for a key that cannot sign. */
export function signerOfEnvironment(): Signer | undefined {
  const file = process.env['DFOTA_SIGN_KEY'];
  return file === undefined || file === '' ? undefined : readSigner(file, process.env['DFOTA_SIGNER'] ?? '');
}

/** Reads a public key (PEM, SPKI). */
export function readPublicKey(file: string): KeyObject {
  return readKey(file, 'public', (pem) => {
    // Node.js would make a public key of a private one, which nobody should hand around.
    if (pem.includes('PRIVATE KEY')) throw new Error('a private key');
    return createPublicKey(pem);
  });
}

function readKey(file: string, half: string, read: (pem: string) => KeyObject): KeyObject {
  const asked = `an Ed25519 ${half} key in PEM`;
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    const seen = hasCode(error, 'ENOENT', 'ENOTDIR') ? 'no such file' : messageOf(error);
    throw new UserError('the key cannot be read', { place: { file }, asked, seen, hint: keyHint });
  }
  let key: KeyObject;
  try {
    key = read(pem);
  } catch (error) {
    throw new UserError('this is not a key to use here', { place: { file }, asked, seen: messageOf(error), hint: keyHint });
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new UserError('this is not a key to use here', {
    place: { file },
    asked,
    seen: `a key of type ${key.asymmetricKeyType ?? 'unknown'}`,
    hint: keyHint,
  });
}

export function fingerprintOf(key: KeyObject): string {
  const der = (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
  return `SHA256:${createHash('sha256').update(der).digest('base64').replace(/=+$/, '')}`;
}

/** Writes `manifest.sig` over these bytes of a manifest. */
export function writeSignature(folder: string, manifest: Buffer, { key, name }: Signer): void {
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');
  const signature = sign(null, signedBytes(name, manifest), key).toString('base64');
  writeFileSync(join(folder, signatureName), signatureText({ signer: name, publicKey, signature }));
}

function signatureText({ signer, publicKey, signature }: { signer: string; publicKey: string; signature: string }): string {
  return `${JSON.stringify({ format: 1, algorithm: 'Ed25519', signer, publicKey, signature }, undefined, 2)}\n`;
}

/** The signer's name is signed too: it could be changed otherwise. Its length keeps the two apart. */
function signedBytes(name: string, manifest: Buffer): Buffer {
  const words = Buffer.from(name, 'utf8');
  return Buffer.concat([Buffer.from(`dfota manifest 1\n${String(words.length)}\n`), words, Buffer.from('\n'), manifest]);
}

/** Looks at `manifest.sig`; undefined when there is none. Never throws for its content. */
export function readSignature(folder: string, manifest: Buffer): SignatureFacts | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, signatureName), 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    return invalid(messageOf(error));
  }
  let parsed: z.output<typeof signatureShape>;
  let publicKey: KeyObject;
  try {
    parsed = signatureShape.parse(JSON.parse(text));
    publicKey = createPublicKey({ key: Buffer.from(parsed.publicKey, 'base64'), format: 'der', type: 'spki' });
    if (publicKey.asymmetricKeyType !== 'ed25519' || signatureText(parsed) !== text) throw new Error('not in canonical form');
  } catch {
    return invalid(`${signatureName} is not a signature of this harness, or was changed`);
  }
  const facts = { signer: parsed.signer, fingerprint: fingerprintOf(publicKey), publicKey };
  const bytes = Buffer.from(parsed.signature, 'base64');
  // Base64 has spare bits: only the one spelling counts.
  const sound =
    bytes.toString('base64') === parsed.signature && verify(null, signedBytes(parsed.signer, manifest), publicKey, bytes);
  return sound
    ? { ...facts, state: 'valid', why: 'the manifest is as it was signed' }
    : { ...facts, state: 'invalid', why: 'the manifest, the signer’s name or the signature was changed after signing' };
}

function invalid(why: string): SignatureFacts {
  return { state: 'invalid', why, signer: '', fingerprint: '', publicKey: undefined };
}
