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
