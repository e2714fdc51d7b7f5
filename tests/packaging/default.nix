# A Nix expression: nix-build tests/packaging. Not run: no Nix was there.
{ pkgs ? import <nixpkgs> { } }:

pkgs.stdenv.mkDerivation {
  pname = "supai";
  version = "0.2.0";
  src = ../..;
  nativeBuildInputs = [ pkgs.pkg-config ];
  buildInputs = [ pkgs.curl pkgs.jq pkgs.libmicrohttpd ];
  buildFlags = [ "all" ];
  installFlags = [ "PREFIX=$(out)" ];
  meta = {
    description = "Shell filters that talk to an ensemble of language models";
    license = pkgs.lib.licenses.isc;
  };
}
