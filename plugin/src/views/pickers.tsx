import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Label, Person } from '@tandem/shared/item';
import { Avatar } from '../ui/avatar.tsx';
import { Dot } from '../ui/chip.tsx';
import type { Described } from '../ui/field.tsx';
import { Picker } from '../ui/picker.tsx';

interface Props<T> {
  control: Described;
  offered: readonly T[];
  value: readonly T[];
  onChange: (value: readonly T[]) => void;
}

/** Any number of a place's labels. */
export function LabelsPicker({ control, offered, value, onChange }: Props<Label>): JSX.Element {
  const option = (label: Label) => ({ id: label.name, name: label.name, mark: <Dot color={label.color} />, label });
  const source = useMemo(() => offered.map(option), [offered]);
  return <Picker {...control} label="Labels" multiple source={source} value={value.map(option)} onChange={(picked) => onChange(picked.map((one) => one.label))} placeholder="Add labels" />;
}

/** Any number of a place's members. */
export function PeoplePicker({ control, offered, value, onChange }: Props<Person>): JSX.Element {
  const option = (person: Person) => ({ id: person.id, name: person.name, mark: <Avatar person={person} small />, person });
  const source = useMemo(() => offered.map(option), [offered]);
  return <Picker {...control} label="People" multiple source={source} value={value.map(option)} onChange={(picked) => onChange(picked.map((one) => one.person))} placeholder="Nobody yet" />;
}
