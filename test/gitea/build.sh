#!/bin/sh
# Builds the Gitea that the tests run against: the version in go.mod beside this file, from the Go module proxy.
# Needs Go 1.25 or newer, a C compiler and git. Everything lands in .cache/gitea, which git ignores; a second run does nothing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../../.cache/gitea
mkdir -p "$out"
out=$(cd "$out" && pwd)
done=$out/built-from

if [ -x "$out/gitea" ] && [ -d "$out/static/templates" ] && cmp -s "$here/go.mod" "$done"; then
  echo "$out/gitea is up to date."
  exit 0
fi

command -v go >/dev/null || { echo "Go 1.25 or newer is needed to build Gitea: https://go.dev/doc/install" >&2; exit 1; }
rm -f "$done"
# The build rewrites go.mod, so it works on a copy.
cp "$here/go.mod" "$out/go.mod"
chmod u+w "$out/go.mod"
cd "$out"
CGO_ENABLED=1 go build -mod=mod -tags 'sqlite sqlite_unlock_notify' -o gitea code.gitea.io/gitea
# A binary built like this reads its templates and locales from disk. Beside it they are found without Go.
source=$(go list -mod=mod -m -f '{{.Dir}}' code.gitea.io/gitea)
rm -rf static.new
mkdir static.new
cp -R "$source/templates" "$source/options" "$source/public" static.new/
chmod -R u+w static.new
rm -rf static
mv static.new static
cp "$here/go.mod" "$done"
echo "Built $out/gitea."
