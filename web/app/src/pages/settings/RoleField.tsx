import type { Role } from "@/data/settings";
import { ROLES } from "@/data/settings";
import { Field, Select } from "@/ui/Field";

/** What somebody or something may do, with what that means. */
export function RoleField({ role, roles, onChange }: { role: Role; roles: readonly Role[]; onChange: (role: Role) => void }) {
  return (
    <Field label="Role" hint={ROLES[role]}>
      {(props) => (
        <Select {...props} value={role} onChange={(event) => onChange(event.target.value as Role)}>
          {roles.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </Select>
      )}
    </Field>
  );
}
