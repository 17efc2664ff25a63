"""Emergency command over the public interface, with a moved clock."""
