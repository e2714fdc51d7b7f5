# Homebrew's formula. Tried: parsed by ruby where it is there; not run by brew.
class Supai < Formula
  desc "Shell filters that talk to an ensemble of language models"
  homepage "https://packages.invalid/supai"
  url "https://packages.invalid/supai-0.2.0.tar.gz"
  license "ISC"

  depends_on "jq"
  depends_on "libmicrohttpd"
  uses_from_macos "curl"

  def install
    system "make", "all"
    system "make", "install", "PREFIX=#{prefix}"
  end

  test do
    assert_equal "hello\n", shell_output("#{bin}/supai-mock -- #{bin}/supai hello")
  end
end
