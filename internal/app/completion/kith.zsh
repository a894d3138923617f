#compdef kith
# Completion of kith for zsh: source <(kith completion zsh), or put it into a folder of $fpath as _kith.
_kith() {
	local line
	local -a found
	for line in "${(@f)$("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
		case $line in
		(:files)
			compset -P '*='
			_files
			return
			;;
		(?*) found+=("${${line%%$'\t'*}//:/\\:}${${(M)line:#*$'\t'*}:+:${line#*$'\t'}}") ;;
		esac
	done
	_describe -t kith kith found
}
if [[ $funcstack[1] == _kith ]]; then
	_kith "$@"
else
	compdef _kith kith
fi
