# Login shells start with a PATH of their own (/etc/profile): Docklet's Python belongs in front of it.
case ":$PATH:" in
*:/opt/docklet/jupyter/bin:*) ;;
*) PATH=/opt/docklet/jupyter/bin:$PATH ;;
esac
export PATH
