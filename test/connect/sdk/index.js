// A stand-in for Munity's package: what is public of it (a window, an event stream that never reconnects, the bare string "ERROR"), and a note of each call.
let api = 'https://api.munityapps.com';
let sse = 'https://sse.munityapps.com';

export function listenMunityEvent(uuid, cb, config = {}) {
  sse = config.sse_url ?? sse;
  const source = new EventSource(`${sse}/events/?uuid=${uuid}`);
  source.addEventListener('message', ({ data }) => cb(JSON.parse(data)));
  source.addEventListener('error', () => {
    cb('ERROR');
    source.close();
  });
}

export function connect(connector, secret, cb, config = {}) {
  (globalThis.sdkCalls ??= []).push([connector, config]);
  if (globalThis.sdkThrows) throw new Error('The package failed.');
  api = config.api_url ?? api;
  const uuid = crypto.randomUUID();
  window.open(`${api}/v1/credentials/${connector}/register?secret=${secret}&ws_room=${uuid}`, '_blank', 'popup');
  return new Promise((resolve, reject) => {
    listenMunityEvent(
      uuid,
      (event) => {
        cb?.(event);
        if (event === 'ERROR' || event.type === 'error') reject(event);
        if (event.type === 'READY') resolve(true);
      },
      config,
    );
  });
}
