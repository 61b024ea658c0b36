import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Label, Person } from '@tandem/shared/item';
import { Avatar } from '../ui/avatar.tsx';
import { Dot } from '../ui/chip.tsx';
import type { Described } from '../ui/field.tsx';
import { Picker, type Option } from '../ui/picker.tsx';

interface Props<T> {
  control: Described;
  offered: readonly T[];
  value: readonly T[];
  onChange: (value: readonly T[]) => void;
}

/** Any number of a place's labels. */
export function LabelsPicker(props: Props<Label>): JSX.Element {
  return <Several {...props} label="Labels" placeholder="Add labels" optionOf={(label) => ({ id: label.name, name: label.name, mark: <Dot color={label.color} />, of: label })} />;
}

/** Any number of a place's members. */
export function PeoplePicker(props: Props<Person>): JSX.Element {
  return <Several {...props} label="People" placeholder="Nobody yet" optionOf={(person) => ({ id: person.id, name: person.name, mark: <Avatar person={person} small />, of: person })} />;
}

function Several<T>({ control, offered, value, onChange, optionOf, ...named }: Props<T> & { label: string; placeholder: string; optionOf: (one: T) => Option & { of: T } }): JSX.Element {
  const source = useMemo(() => offered.map(optionOf), [offered]);
  return <Picker {...control} {...named} multiple source={source} value={value.map(optionOf)} onChange={(picked) => onChange(picked.map((one) => one.of))} />;
}
