import type { OperationRequest, OperationResponse } from './conformance.js';

/**
 * Cuts one page out of `items` and says where the others are, as GitHub's `Link` header does
 * ("Using pagination in the REST API"): 30 a page, at most 100; no header where one page is all.
 *
 * @param path of the listing below the endpoint, such as `/repos/o/r/pulls`
 */
export function page<Item>(
  request: OperationRequest,
  path: string,
  items: readonly Item[],
  render: (item: Item) => unknown,
): { readonly items: unknown[]; readonly headers: NonNullable<OperationResponse['headers']> } {
  const perPage = Math.min(100, Math.max(1, Number(request.query['per_page'] ?? 30)));
  const current = Math.max(1, Number(request.query['page'] ?? 1));
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const link = (number: number, relation: string): string => {
    const query = new URLSearchParams({ ...request.query, page: String(number) });
    return `<${request.baseUrl}${path}?${query.toString()}>; rel="${relation}"`;
  };
  const links = [
    ...(current > 1 ? [link(Math.min(current - 1, last), 'prev')] : []),
    ...(current < last ? [link(current + 1, 'next'), link(last, 'last')] : []),
    ...(current > 1 ? [link(1, 'first')] : []),
  ];
  return {
    items: items.slice((current - 1) * perPage, current * perPage).map(render),
    headers: links.length === 0 ? {} : { link: links.join(', ') },
  };
}
