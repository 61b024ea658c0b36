import { openHttp, type Http, type HttpAnswer, type HttpRequest } from '@tandem/bff/http';

/** The product's own client with somebody in between: `pass` gets every call, and sends it, as it is or otherwise, before or after whatever else it does. */
export function httpThrough(pass: (request: HttpRequest, send: Http['send']) => Promise<HttpAnswer>): Http {
  const real = openHttp({ trusted: [], allowPrivate: true });
  return { ...real, send: (request) => pass(request, (sent) => real.send(sent)) };
}
