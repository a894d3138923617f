package api

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// shell runs a script in a folder with one file, where kith is the binary. Without that shell on the machine the test is skipped.
func shell(t *testing.T, name string, args ...string) (lines []string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("there is no %s", name)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kith copy.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), path, args...)
	c.Dir = dir
	c.Env = []string{"PATH=" + filepath.Dir(quickBinary(t)) + ":" + os.Getenv("PATH"), "HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "TERM=dumb"}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return strings.Split(strings.TrimRight(string(out), "\n"), "\n")
}

// completions are words of command lines, and what the last one may become in every shell.
var completions = []struct{ words, want string }{
	{"kith tok", "token"},
	{"kith key ", "create list revoke"},
	{"kith workspace ", "list show set delete export"},
	{"kith key create --role ", "reader staff admin channel"},
	{"kith help ba", "backup"},
	{"kith completion ", "bash zsh fish"},
	{"kith --playground o", "on off"},
	{"kith check --rep", "--repair"},
	{"kith backup kith", "kith copy.db"},
	{"kith nonsense --nonsense ", "serve migrate check backup demo token key workspace export import rekey health config completion help version"},
}

func TestCompletionInBash(t *testing.T) {
	t.Parallel()
	const script = `
		source <(kith completion bash)
		IFS=' ' read -ra COMP_WORDS <<<"$1"
		case $1 in *' ') COMP_WORDS+=('') ;; esac
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		"$(complete -p kith | sed 's/.*-F \([^ ]*\).*/\1/')" kith
		printf '%s\n' "${COMPREPLY[@]}"`
	for _, c := range append(completions, struct{ words, want string }{"kith token --role = st", "staff"}) {
		if got := strings.Join(shell(t, "bash", "--norc", "-c", script, "bash", c.words), " "); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.words, got, c.want)
		}
	}
}

func TestCompletionInZsh(t *testing.T) {
	t.Parallel()
	// Outside of its line editor zsh cannot offer anything: the functions that would do so print it.
	const script = `
		compdef() { }
		compset() { }
		_describe() { print -rl -- ${found%%:*} }
		_files() { print -rl -- ${words[CURRENT]}*(N) }
		source <(kith completion zsh)
		words=(${(s: :)1})
		[[ $1 == *' ' ]] && words+=('')
		CURRENT=$#words
		_kith`
	for _, c := range append(completions, struct{ words, want string }{"kith token --role=st", "--role=staff"}) {
		if got := strings.Join(shell(t, "zsh", "-f", "-c", script, "zsh", c.words), " "); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.words, got, c.want)
		}
	}
}

func TestCompletionInFish(t *testing.T) {
	t.Parallel()
	for _, c := range append(completions, struct{ words, want string }{"kith token --role=st", "--role=staff"}) {
		var got []string
		for _, line := range shell(t, "fish", "--no-config", "-c", "kith completion fish | source; complete -C "+quoted(c.words)) {
			word, _, _ := strings.Cut(line, "\t")
			got = append(got, strings.ReplaceAll(word, `\ `, " "))
		}
		for word := range strings.SplitSeq(strings.ReplaceAll(c.want, "kith copy.db", "kith_copy.db"), " ") { // fish sorts them
			if !strings.Contains(" "+strings.ReplaceAll(strings.Join(got, " "), "kith copy.db", "kith_copy.db")+" ", " "+word+" ") {
				t.Errorf("%q becomes %q, without %q", c.words, got, word)
			}
		}
	}
}

func quoted(s string) string { return "'" + s + "'" }
