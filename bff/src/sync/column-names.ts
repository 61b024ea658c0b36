import { digest } from '../crypto.ts';

/** What the secret of a button is sealed for. */
export function buttonPurpose(id: string): string {
  return `button ${id}`;
}

/** What the columns of one Tandem have in common. */
export function columnGroup(url: string): string {
  return `app.tandem.${digest(url).replace(/[^a-z\d]/gi, '').slice(0, 12).toLowerCase()}`;
}

/** How a column that is being set up is recognised, should nobody hear that it was made; nothing of the unguessable id shows. */
export function columnTag(id: string): string {
  return `being set up: ${digest(id).slice(0, 10)}`;
}

/** The address that a column's button calls. */
export function buttonUrl(url: string, id: string): string {
  return `${url}/buttons/${id}`;
}
