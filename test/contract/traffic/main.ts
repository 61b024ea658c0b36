import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OPERATIONS } from './operations.ts';
import { isJson, type Json } from './schema.ts';
import { RULES, trafficValidator, type Recorded } from './validate.ts';

// node test/dist/traffic.js <traffic folder> <contracts folder>: every recorded exchange against the vendors' documents

const [traffic = '', contracts = ''] = process.argv.slice(2);
process.exitCode = run();

function run(): number {
  if (!existsSync(contracts)) {
    console.log(`traffic: not checked, there are no contracts at ${contracts || '(no folder given)'}`);
    return 0;
  }
  if (!existsSync(traffic)) {
    console.log(`traffic: FAILED, nothing was recorded at ${traffic || '(no folder given)'}`);
    return 1;
  }
  const findings = new Map<string, string>();
  const summary: string[] = [];
  const exchanges = readdirSync(traffic).filter((name) => name.endsWith('.jsonl')).flatMap((name) => lines(join(traffic, name)));
  for (const { service } of exchanges) if (!RULES[service]) findings.set(`unknown service ${service}`, service);

  for (const [service, rules] of Object.entries(RULES)) {
    const { validate, operations } = trafficValidator(readJson(join(contracts, `${service}-openapi.json`)), rules);
    const seen = new Set<string>();
    const own = exchanges.filter((one) => one.service === service);
    for (const { exchange } of own) {
      const { operation, findings: found } = validate(exchange);
      // the simulators' own tours prove the simulators, not that the product calls them
      if (operation && !exchange.fault && exchange.status < 300 && !exchange.headers['x-simulator-tour']) seen.add(operation);
      for (const finding of found) if (!findings.has(`${service} ${finding}`)) findings.set(`${service} ${finding}`, example(exchange));
    }
    for (const id of OPERATIONS[service] ?? []) {
      if (!operations.includes(id)) findings.set(`${service} ${id}: not an operation of the contract`, 'operations.ts');
      else if (!seen.has(id)) findings.set(`${service} ${id}: the product never succeeded with it in the recorded traffic`, 'no example');
    }
    summary.push(`${service} ${own.length} exchanges, ${seen.size} operations of the product`);
  }
  for (const [finding, shown] of findings) console.log(`${finding}\n    ${shown}`);
  console.log(`traffic: ${summary.join('; ')}; ${findings.size === 0 ? 'all as in the contracts' : `${findings.size} findings`}`);
  return findings.size === 0 ? 0 : 1;
}

function readJson(path: string): Json {
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isJson(value)) throw new Error(`${path} is not a JSON object`);
  return value;
}

function lines(path: string): { service: string; exchange: Recorded }[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const value: unknown = JSON.parse(line);
      if (!isRecorded(value)) throw new Error(`${path} holds a line that is no exchange`);
      return { service: value.sim, exchange: value };
    });
}

function isRecorded(value: unknown): value is Recorded & { sim: string } {
  return isJson(value) && typeof value['sim'] === 'string' && typeof value['method'] === 'string' && typeof value['path'] === 'string' && typeof value['status'] === 'number' && isJson(value['query']) && isJson(value['headers']);
}

function example(exchange: Recorded): string {
  return `${exchange.method} ${exchange.path} ${JSON.stringify({ query: exchange.query, body: exchange.body, status: exchange.status, answer: exchange.answer })}`.slice(0, 600);
}
