/**
 * Tells moto whose call it is; ministack does not read it.
 *
 * Sessions are handed out by the emulator, so moto knows other accounts by it alone. Without it moto
 * also looks for the caller's key among the users of every partition, and makes an IAM with 1,582
 * managed policies for each: 1.3 CPU seconds after every start and every reset.
 */
export function accountHeader(accountId: string): { readonly 'x-moto-account-id': string } {
  return { 'x-moto-account-id': accountId };
}

/**
 * Names service, region and account of a call that is the emulator's own: ministack reads the
 * account from the key. The backends check no signature.
 */
export function callerHeaders(
  service: string,
  region: string,
  accountId: string,
): Readonly<Record<string, string>> {
  const scope = `${accountId}/20260101/${region}/${service}/aws4_request`;
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    ...accountHeader(accountId),
  };
}
