"""The `gateway` command. gevent patches the standard library before anything else is imported."""

from gevent import monkey

monkey.patch_all()

from gateway.cli import main

if __name__ == "__main__":
    main()
